package jetbrains.buildServer.configs.kotlin.projectFeatures

import jetbrains.buildServer.configs.kotlin.ProjectFeature
import jetbrains.buildServer.configs.kotlin.ProjectFeatures

class BuildReportTab() : ProjectFeature("BuildReportTab") {
    var title: String? by said
    var startPage: String? by said
}

fun ProjectFeatures.buildReportTab(init: BuildReportTab.() -> Unit) = feature(BuildReportTab().also(init))
