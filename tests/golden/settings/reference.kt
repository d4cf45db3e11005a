// Made by `tcperf settings --kotlin`: after a change of tcperf.toml make it again.
// In settings.kts: `import tcperf.tcperf`, and `tcperf()` within `project { ... }`.
package tcperf

import jetbrains.buildServer.configs.kotlin.*
import jetbrains.buildServer.configs.kotlin.buildFeatures.PullRequests
import jetbrains.buildServer.configs.kotlin.buildFeatures.pullRequests
import jetbrains.buildServer.configs.kotlin.buildSteps.script
import jetbrains.buildServer.configs.kotlin.failureConditions.BuildFailureOnMetric
import jetbrains.buildServer.configs.kotlin.failureConditions.failOnMetricChange
import jetbrains.buildServer.configs.kotlin.projectFeatures.buildReportTab
import jetbrains.buildServer.configs.kotlin.triggers.vcs

fun Project.tcperf() {
    buildType(TcperfBuild)
    features {
        buildTypeCustomChart {
            id = "TcperfReferenceVerdicts"
            title = "tcperf, REFERENCE NODE: verdicts"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "regressions", key = CustomChart.SeriesKey("tcperf.reference.regressions_count"), color = "#b3261e"),
                CustomChart.Serie(title = "improvements", key = CustomChart.SeriesKey("tcperf.reference.improvements_count"), color = "#0f6b3a"),
                CustomChart.Serie(title = "undecided", key = CustomChart.SeriesKey("tcperf.reference.undecided_count"), color = "#946600"),
                CustomChart.Serie(title = "not compared", key = CustomChart.SeriesKey("tcperf.reference.not_compared_count"), color = "#475569"),
                CustomChart.Serie(title = "over budget", key = CustomChart.SeriesKey("tcperf.reference.over_budget_count"), color = "#7e3fc0")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceRegressions"
            title = "tcperf, REFERENCE NODE: regressions, percent of the base"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "one to one: time", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.time_ms_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "one to one: latency", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.latency_ms_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "one to one: send", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.send_ms_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "one to one: cpu", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.cpu_ms_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "one to one: memory peak", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.memory_peak_bytes_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "one to one: sent", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.sent_bytes_worse_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "one to one: packets", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.packets_count_worse_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "cold start: boot: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.time_ms_worse_pct"), color = "#475569"),
                CustomChart.Serie(title = "cold start: boot: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.cpu_ms_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "cold start: boot: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.memory_peak_bytes_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "cold start: boot: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.sent_bytes_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cold start: boot: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.packets_count_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "cold start: account: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.time_ms_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "cold start: account: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.cpu_ms_worse_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "cold start: account: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.memory_peak_bytes_worse_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "cold start: account: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.sent_bytes_worse_pct"), color = "#475569"),
                CustomChart.Serie(title = "cold start: account: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.packets_count_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "cold start: first peer: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.time_ms_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "cold start: first peer: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.cpu_ms_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cold start: first peer: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.memory_peak_bytes_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "cold start: first peer: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.sent_bytes_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "cold start: first peer: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.packets_count_worse_pct"), color = "#0f766e")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_oneChange"
            title = "tcperf, REFERENCE NODE: one to one, change against the base in percent"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "time", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.time_ms_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "latency", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.latency_ms_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "send", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.send_ms_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.cpu_ms_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.memory_peak_bytes_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.sent_bytes_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.packets_count_delta_pct"), color = "#8a6100")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_oneTime"
            title = "tcperf, REFERENCE NODE: one to one, time"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "time", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.time_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.cpu_ms"), color = "#c2500c")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_oneLatency"
            title = "tcperf, REFERENCE NODE: one to one, latency"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "latency", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.latency_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "send", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.send_ms"), color = "#c2500c")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_oneMemory"
            title = "tcperf, REFERENCE NODE: one to one, memory"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.memory_peak_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_oneTraffic"
            title = "tcperf, REFERENCE NODE: one to one, traffic"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.sent_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceOne_to_onePackets"
            title = "tcperf, REFERENCE NODE: one to one, packets"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.reference.one_to_one.messages.packets_count"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceCold_startChange"
            title = "tcperf, REFERENCE NODE: cold start, change against the base in percent"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "boot: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.time_ms_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "boot: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.cpu_ms_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "boot: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.memory_peak_bytes_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "boot: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.sent_bytes_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "boot: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.packets_count_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "account: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.time_ms_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "account: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.cpu_ms_delta_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "account: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.memory_peak_bytes_delta_pct"), color = "#475569"),
                CustomChart.Serie(title = "account: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.sent_bytes_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.packets_count_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.time_ms_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "first peer: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.cpu_ms_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "first peer: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.memory_peak_bytes_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "first peer: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.sent_bytes_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "first peer: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.packets_count_delta_pct"), color = "#8a6100")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceCold_startTime"
            title = "tcperf, REFERENCE NODE: cold start, time"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "boot: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.time_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "boot: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.cpu_ms"), color = "#c2500c"),
                CustomChart.Serie(title = "account: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.time_ms"), color = "#15803d"),
                CustomChart.Serie(title = "account: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.cpu_ms"), color = "#7e3fc0"),
                CustomChart.Serie(title = "first peer: time", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.time_ms"), color = "#b4235a"),
                CustomChart.Serie(title = "first peer: cpu", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.cpu_ms"), color = "#0f766e")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceCold_startMemory"
            title = "tcperf, REFERENCE NODE: cold start, memory"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "boot: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.memory_peak_bytes"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.memory_peak_bytes"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: memory peak", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.memory_peak_bytes"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceCold_startTraffic"
            title = "tcperf, REFERENCE NODE: cold start, traffic"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "boot: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.sent_bytes"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.sent_bytes"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: sent", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.sent_bytes"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferenceCold_startPackets"
            title = "tcperf, REFERENCE NODE: cold start, packets"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "boot: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.boot.packets_count"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.account.packets_count"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: packets", key = CustomChart.SeriesKey("tcperf.reference.cold_start.first_peer.packets_count"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfReferencePairs"
            title = "tcperf, REFERENCE NODE: pairs made"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "pairs", key = CustomChart.SeriesKey("tcperf.reference.pairs_count"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeChartsOrder {
            id = "TcperfChartsOrder"
            order = listOf(
                "TcperfReferenceVerdicts",
                "TcperfReferenceRegressions",
                "TcperfReferenceOne_to_oneChange",
                "TcperfReferenceOne_to_oneTime",
                "TcperfReferenceOne_to_oneLatency",
                "TcperfReferenceOne_to_oneMemory",
                "TcperfReferenceOne_to_oneTraffic",
                "TcperfReferenceOne_to_onePackets",
                "TcperfReferenceCold_startChange",
                "TcperfReferenceCold_startTime",
                "TcperfReferenceCold_startMemory",
                "TcperfReferenceCold_startTraffic",
                "TcperfReferenceCold_startPackets",
                "TcperfReferencePairs"
            )
        }
        buildReportTab {
            id = "TcperfReport"
            title = "tcperf"
            startPage = "tcperf/report.html"
        }
    }
}

object TcperfBuild : BuildType({
    id("Tcperf")
    name = "tcperf"
    description = "What a branch does to performance.  Made by tcperf settings."

    vcs {
        root(DslContext.settingsRoot)
    }

    steps {
        script {
            id = "tcperf"
            name = "tcperf"
            scriptContent = """
                #!/bin/sh
                set -eu

                # What the last good build of the default branch left, else what the server tells of such builds.
                if [ -f .tcperf-baseline/results.json ]; then
                set -- --baseline '?:.tcperf-baseline/results.json' --runs 5
                else
                set -- --baseline teamcity --runs 5
                fi

                python3 -m tcperf run --trend "${'$'}@" --gate condition
            """.trimIndent()
        }
    }

    triggers {
        vcs {
            branchFilter = """
                +:<default>
                +:pull/*
            """.trimIndent()
        }
    }

    features {
        pullRequests {
            vcsRootExtId = "${DslContext.settingsRoot.id}"
            provider = github {
                authType = vcsRoot()
                filterAuthorRole = PullRequests.GitHubRoleFilter.MEMBER
            }
        }
    }

    requirements {
        contains("teamcity.agent.jvm.os.name", "Linux")
    }

    failureConditions {
        executionTimeoutMin = 120
        failOnMetricChange {
            // fails when a gated metric is worse
            id = "TcperfReferenceFailRegressions"
            param("metricKey", "tcperf.reference.regressions_count")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
    }

    dependencies {
        artifacts(RelativeId("Tcperf")) {
            // Of the default branch, for no other is named; what there is not is not missed.
            buildRule = lastSuccessful()
            cleanDestination = true
            artifactRules = "?:tcperf/results.json => .tcperf-baseline"
        }
    }
})
