package jetbrains.buildServer.configs.kotlin.failureConditions

import jetbrains.buildServer.configs.kotlin.FailureCondition
import jetbrains.buildServer.configs.kotlin.FailureConditions
import jetbrains.buildServer.configs.kotlin.Recorded

class BuildFailureOnMetric() : FailureCondition() {
    var threshold: Int? by said
    var units: MetricUnit? by said
    var comparison: MetricComparison? by said
    var compareTo: CompareTo? by said
    var stopBuildOnFailure: Boolean? by said

    enum class MetricUnit { DEFAULT_UNIT, PERCENTS }

    enum class MetricComparison { MORE, LESS, DIFF }

    open class CompareTo : Recorded() {
        class Value : CompareTo() {
            init {
                said["class"] = "Value"
            }
        }

        class Build : CompareTo() {
            var buildRule: BuildRule? by said

            class BuildRule(val name: String)

            fun lastSuccessful() = BuildRule("lastSuccessful")

            fun lastPinned() = BuildRule("lastPinned")

            fun lastFinished() = BuildRule("lastFinished")
        }
    }

    fun value() = CompareTo.Value()

    fun build(init: CompareTo.Build.() -> Unit = {}) = CompareTo.Build().also(init)
}

fun FailureConditions.failOnMetricChange(init: BuildFailureOnMetric.() -> Unit) =
    failureCondition(BuildFailureOnMetric().also(init))
