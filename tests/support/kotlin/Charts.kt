package jetbrains.buildServer.configs.kotlin

abstract class CustomChart(type: String) : ProjectFeature(type) {
    var title: String? by said
    var seriesTitle: String? by said
    var format: Format? by said
    var series: List<AbstractSeries>? by said
    var defaultFilters: List<DefaultFilters>? by said
    var hideFilters: List<HideFilters>? by said

    enum class Format { TEXT, INTEGER, DURATION, PERCENT, PERCENT_BY_1, SIZE }

    enum class DefaultFilters { SHOW_FAILED, AVERAGED }

    enum class HideFilters { ALL, SERIES, RANGE, SHOW_FAILED, AVERAGED }

    data class SeriesKey(val key: String)

    abstract class AbstractSeries(var title: String, var color: String?)

    class Serie(title: String, var key: SeriesKey, var sourceBuildTypeId: String? = null, color: String? = null) :
        AbstractSeries(title, color)

    class PatternSeries(title: String, var pattern: String, color: String? = null) : AbstractSeries(title, color)
}

class BuildTypeCustomChart(init: CustomChart.() -> Unit = {}) : CustomChart("BuildTypeCustomChart") {
    init {
        init()
    }
}

fun ProjectFeatures.buildTypeCustomChart(init: CustomChart.() -> Unit) = feature(BuildTypeCustomChart(init))

abstract class ChartsOrder(type: String) : ProjectFeature(type) {
    var order: List<String>? by said
}

class BuildTypeChartsOrder(init: ChartsOrder.() -> Unit = {}) : ChartsOrder("BuildTypeChartsOrder") {
    init {
        init()
    }
}

fun ProjectFeatures.buildTypeChartsOrder(init: ChartsOrder.() -> Unit) = feature(BuildTypeChartsOrder(init))
