package jetbrains.buildServer.configs.kotlin

@DslMarker
annotation class TeamCityDsl

/** Keeps all that is said to it, in order, for a test to read. */
@TeamCityDsl
open class Recorded {
    val said: MutableMap<String, Any?> = LinkedHashMap()

    protected fun add(name: String, value: Any?) {
        @Suppress("UNCHECKED_CAST")
        val list = said.getOrPut(name) { ArrayList<Any?>() } as MutableList<Any?>
        list.add(value)
    }
}

/** Whatever takes raw parameters. */
open class Parametrized : Recorded() {
    fun param(name: String, value: String) {
        add("param", listOf(name, value))
    }
}

open class Id(val value: String) {
    override fun toString() = value
}

class AbsoluteId(value: String) : Id(value)

class RelativeId(value: String) : Id(value)

class SettingsVcsRoot {
    val id: Id? = AbsoluteId("Settings_Root")
}

object DslContext {
    val settingsRoot = SettingsVcsRoot()
}

var version: String = ""
var settings: Project? = null

fun project(init: Project.() -> Unit) {
    settings = Project().also(init)
}

open class Project : Recorded() {
    fun buildType(buildType: BuildType) = add("buildType", buildType)

    fun features(init: ProjectFeatures.() -> Unit) {
        said["features"] = ProjectFeatures().also(init)
    }
}

open class ProjectFeature(type: String) : Parametrized() {
    var id: String? by said

    init {
        said["class"] = type
    }
}

class ProjectFeatures : Recorded() {
    fun feature(feature: ProjectFeature) = add("feature", feature)
}

open class BuildType() : Recorded() {
    var name: String by said
    var description: String by said
    var artifactRules: String by said

    constructor(init: BuildType.() -> Unit) : this() {
        init()
    }

    fun id(id: String) {
        said["id"] = id
    }

    fun params(init: ParametrizedWithType.() -> Unit) {
        said["params"] = ParametrizedWithType().also(init)
    }

    fun vcs(init: VcsSettings.() -> Unit) {
        said["vcs"] = VcsSettings().also(init)
    }

    fun steps(init: BuildSteps.() -> Unit) {
        said["steps"] = BuildSteps().also(init)
    }

    fun triggers(init: Triggers.() -> Unit) {
        said["triggers"] = Triggers().also(init)
    }

    fun features(init: BuildFeatures.() -> Unit) {
        said["features"] = BuildFeatures().also(init)
    }

    fun requirements(init: Requirements.() -> Unit) {
        said["requirements"] = Requirements().also(init)
    }

    fun failureConditions(init: FailureConditions.() -> Unit) {
        said["failureConditions"] = FailureConditions().also(init)
    }

    fun dependencies(init: Dependencies.() -> Unit) {
        said["dependencies"] = Dependencies().also(init)
    }
}

class ParametrizedWithType : Parametrized()

enum class CheckoutMode { AUTO, MANUAL, ON_AGENT, ON_SERVER }

class VcsSettings : Recorded() {
    var checkoutMode: CheckoutMode by said

    fun root(root: SettingsVcsRoot) = add("root", root.id)

    fun root(id: Id) = add("root", id)
}

open class BuildStep(type: String) : Parametrized() {
    var id: String? by said
    var name: String by said

    init {
        said["class"] = type
    }
}

class BuildSteps : Recorded() {
    fun step(step: BuildStep) = add("step", step)
}

open class Trigger : Parametrized() {
    var enabled: Boolean by said
}

class Triggers : Recorded() {
    fun trigger(trigger: Trigger) = add("trigger", trigger)
}

open class BuildFeature : Parametrized() {
    var id: String? by said
}

class BuildFeatures : Recorded() {
    fun feature(feature: BuildFeature) = add("feature", feature)
}

class Requirements : Recorded() {
    fun contains(paramName: String, paramValue: String, id: String? = null) =
        add("contains", listOf(paramName, paramValue, id))

    fun equals(paramName: String, paramValue: String, id: String? = null) =
        add("equals", listOf(paramName, paramValue, id))

    fun noLessThan(paramName: String, paramValue: String, id: String? = null) =
        add("noLessThan", listOf(paramName, paramValue, id))
}

open class FailureCondition : Parametrized() {
    var id: String? by said
    var enabled: Boolean by said
}

class FailureConditions : Recorded() {
    var executionTimeoutMin: Int by said
    var nonZeroExitCode: Boolean by said

    fun failureCondition(condition: FailureCondition) = add("failureCondition", condition)
}

class Dependencies : Recorded() {
    fun artifacts(buildType: BuildType, init: ArtifactDependency.() -> Unit) =
        add("artifacts", listOf(buildType, ArtifactDependency().also(init)))

    fun artifacts(buildTypeId: Id, init: ArtifactDependency.() -> Unit) =
        add("artifacts", listOf(buildTypeId, ArtifactDependency().also(init)))
}

data class BuildRule(val id: String, val revision: String, val branch: String? = null)

class ArtifactDependency : Recorded() {
    var artifactRules: String by said
    var buildRule: BuildRule by said
    var cleanDestination: Boolean by said

    fun lastSuccessful(branch: String? = null) = BuildRule("lastSuccessful", "latest.lastSuccessful", branch)

    fun lastFinished(branch: String? = null) = BuildRule("lastFinished", "latest.lastFinished", branch)
}
