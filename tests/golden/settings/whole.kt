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
            id = "TcperfVerdicts"
            title = "tcperf: verdicts"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "regressions", key = CustomChart.SeriesKey("tcperf.regressions_count"), color = "#b3261e"),
                CustomChart.Serie(title = "improvements", key = CustomChart.SeriesKey("tcperf.improvements_count"), color = "#0f6b3a"),
                CustomChart.Serie(title = "undecided", key = CustomChart.SeriesKey("tcperf.undecided_count"), color = "#946600"),
                CustomChart.Serie(title = "not compared", key = CustomChart.SeriesKey("tcperf.not_compared_count"), color = "#475569"),
                CustomChart.Serie(title = "over budget", key = CustomChart.SeriesKey("tcperf.over_budget_count"), color = "#7e3fc0")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfRegressions"
            title = "tcperf: regressions, percent of the base"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "one to one: time", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.time_ms_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "one to one: latency", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.latency_ms_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "one to one: send", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.send_ms_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "one to one: cpu", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.cpu_ms_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "one to one: memory peak", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.memory_peak_bytes_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "one to one: sent", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.sent_bytes_worse_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "one to one: packets", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.packets_count_worse_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "cold start: boot: time", key = CustomChart.SeriesKey("tcperf.cold_start.boot.time_ms_worse_pct"), color = "#475569"),
                CustomChart.Serie(title = "cold start: boot: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.boot.cpu_ms_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "cold start: boot: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.boot.memory_peak_bytes_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "cold start: boot: sent", key = CustomChart.SeriesKey("tcperf.cold_start.boot.sent_bytes_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cold start: boot: packets", key = CustomChart.SeriesKey("tcperf.cold_start.boot.packets_count_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "cold start: account: time", key = CustomChart.SeriesKey("tcperf.cold_start.account.time_ms_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "cold start: account: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.account.cpu_ms_worse_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "cold start: account: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.account.memory_peak_bytes_worse_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "cold start: account: sent", key = CustomChart.SeriesKey("tcperf.cold_start.account.sent_bytes_worse_pct"), color = "#475569"),
                CustomChart.Serie(title = "cold start: account: packets", key = CustomChart.SeriesKey("tcperf.cold_start.account.packets_count_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "cold start: first peer: time", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.time_ms_worse_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "cold start: first peer: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.cpu_ms_worse_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cold start: first peer: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.memory_peak_bytes_worse_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "cold start: first peer: sent", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.sent_bytes_worse_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "cold start: first peer: packets", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.packets_count_worse_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "idle: cpu", key = CustomChart.SeriesKey("tcperf.idle.idle.cpu_ms_worse_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "idle: memory peak", key = CustomChart.SeriesKey("tcperf.idle.idle.memory_peak_bytes_worse_pct"), color = "#475569"),
                CustomChart.Serie(title = "idle: sent", key = CustomChart.SeriesKey("tcperf.idle.idle.sent_bytes_worse_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "idle: packets", key = CustomChart.SeriesKey("tcperf.idle.idle.packets_count_worse_pct"), color = "#c2500c")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_oneChange"
            title = "tcperf: one to one, change against the base in percent"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "time", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.time_ms_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "latency", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.latency_ms_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "send", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.send_ms_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.cpu_ms_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.memory_peak_bytes_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.sent_bytes_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.packets_count_delta_pct"), color = "#8a6100")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_oneTime"
            title = "tcperf: one to one, time"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "time", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.time_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.cpu_ms"), color = "#c2500c")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_oneLatency"
            title = "tcperf: one to one, latency"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "latency", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.latency_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "send", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.send_ms"), color = "#c2500c")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_oneMemory"
            title = "tcperf: one to one, memory"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.memory_peak_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_oneTraffic"
            title = "tcperf: one to one, traffic"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.sent_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfOne_to_onePackets"
            title = "tcperf: one to one, packets"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.one_to_one.messages.packets_count"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfCold_startChange"
            title = "tcperf: cold start, change against the base in percent"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "boot: time", key = CustomChart.SeriesKey("tcperf.cold_start.boot.time_ms_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "boot: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.boot.cpu_ms_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "boot: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.boot.memory_peak_bytes_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "boot: sent", key = CustomChart.SeriesKey("tcperf.cold_start.boot.sent_bytes_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "boot: packets", key = CustomChart.SeriesKey("tcperf.cold_start.boot.packets_count_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "account: time", key = CustomChart.SeriesKey("tcperf.cold_start.account.time_ms_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "account: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.account.cpu_ms_delta_pct"), color = "#8a6100"),
                CustomChart.Serie(title = "account: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.account.memory_peak_bytes_delta_pct"), color = "#475569"),
                CustomChart.Serie(title = "account: sent", key = CustomChart.SeriesKey("tcperf.cold_start.account.sent_bytes_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: packets", key = CustomChart.SeriesKey("tcperf.cold_start.account.packets_count_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: time", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.time_ms_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "first peer: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.cpu_ms_delta_pct"), color = "#7e3fc0"),
                CustomChart.Serie(title = "first peer: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.memory_peak_bytes_delta_pct"), color = "#b4235a"),
                CustomChart.Serie(title = "first peer: sent", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.sent_bytes_delta_pct"), color = "#0f766e"),
                CustomChart.Serie(title = "first peer: packets", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.packets_count_delta_pct"), color = "#8a6100")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfCold_startTime"
            title = "tcperf: cold start, time"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "boot: time", key = CustomChart.SeriesKey("tcperf.cold_start.boot.time_ms"), color = "#0b66c3"),
                CustomChart.Serie(title = "boot: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.boot.cpu_ms"), color = "#c2500c"),
                CustomChart.Serie(title = "account: time", key = CustomChart.SeriesKey("tcperf.cold_start.account.time_ms"), color = "#15803d"),
                CustomChart.Serie(title = "account: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.account.cpu_ms"), color = "#7e3fc0"),
                CustomChart.Serie(title = "first peer: time", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.time_ms"), color = "#b4235a"),
                CustomChart.Serie(title = "first peer: cpu", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.cpu_ms"), color = "#0f766e")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfCold_startMemory"
            title = "tcperf: cold start, memory"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "boot: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.boot.memory_peak_bytes"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.account.memory_peak_bytes"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: memory peak", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.memory_peak_bytes"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfCold_startTraffic"
            title = "tcperf: cold start, traffic"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "boot: sent", key = CustomChart.SeriesKey("tcperf.cold_start.boot.sent_bytes"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: sent", key = CustomChart.SeriesKey("tcperf.cold_start.account.sent_bytes"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: sent", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.sent_bytes"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfCold_startPackets"
            title = "tcperf: cold start, packets"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "boot: packets", key = CustomChart.SeriesKey("tcperf.cold_start.boot.packets_count"), color = "#0b66c3"),
                CustomChart.Serie(title = "account: packets", key = CustomChart.SeriesKey("tcperf.cold_start.account.packets_count"), color = "#c2500c"),
                CustomChart.Serie(title = "first peer: packets", key = CustomChart.SeriesKey("tcperf.cold_start.first_peer.packets_count"), color = "#15803d")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfIdleChange"
            title = "tcperf: idle, change against the base in percent"
            seriesTitle = "Metric"
            format = CustomChart.Format.PERCENT
            series = listOf(
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.idle.idle.cpu_ms_delta_pct"), color = "#0b66c3"),
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.idle.idle.memory_peak_bytes_delta_pct"), color = "#c2500c"),
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.idle.idle.sent_bytes_delta_pct"), color = "#15803d"),
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.idle.idle.packets_count_delta_pct"), color = "#7e3fc0")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfIdleTime"
            title = "tcperf: idle, time"
            seriesTitle = "Metric"
            format = CustomChart.Format.DURATION
            series = listOf(
                CustomChart.Serie(title = "cpu", key = CustomChart.SeriesKey("tcperf.idle.idle.cpu_ms"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfIdleMemory"
            title = "tcperf: idle, memory"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "memory peak", key = CustomChart.SeriesKey("tcperf.idle.idle.memory_peak_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfIdleTraffic"
            title = "tcperf: idle, traffic"
            seriesTitle = "Metric"
            format = CustomChart.Format.SIZE
            series = listOf(
                CustomChart.Serie(title = "sent", key = CustomChart.SeriesKey("tcperf.idle.idle.sent_bytes"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfIdlePackets"
            title = "tcperf: idle, packets"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "packets", key = CustomChart.SeriesKey("tcperf.idle.idle.packets_count"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeCustomChart {
            id = "TcperfPairs"
            title = "tcperf: pairs made"
            seriesTitle = "Metric"
            format = CustomChart.Format.INTEGER
            series = listOf(
                CustomChart.Serie(title = "pairs", key = CustomChart.SeriesKey("tcperf.pairs_count"), color = "#0b66c3")
            )
            // A build that a condition has failed is the very one to be seen.
            defaultFilters = listOf(CustomChart.DefaultFilters.SHOW_FAILED)
        }
        buildTypeChartsOrder {
            id = "TcperfChartsOrder"
            order = listOf(
                "TcperfVerdicts",
                "TcperfRegressions",
                "TcperfOne_to_oneChange",
                "TcperfOne_to_oneTime",
                "TcperfOne_to_oneLatency",
                "TcperfOne_to_oneMemory",
                "TcperfOne_to_oneTraffic",
                "TcperfOne_to_onePackets",
                "TcperfCold_startChange",
                "TcperfCold_startTime",
                "TcperfCold_startMemory",
                "TcperfCold_startTraffic",
                "TcperfCold_startPackets",
                "TcperfIdleChange",
                "TcperfIdleTime",
                "TcperfIdleMemory",
                "TcperfIdleTraffic",
                "TcperfIdlePackets",
                "TcperfPairs"
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
    id("Perf")
    name = "Performance"
    description = "What a branch does to performance.  Made by tcperf settings."

    params {
        param("teamcity.git.fetchAllHeads", "true")
    }

    vcs {
        root(AbsoluteId("Status_Go"))
        checkoutMode = CheckoutMode.ON_AGENT
    }

    steps {
        script {
            id = "tcperf"
            name = "tcperf"
            scriptContent = """
                #!/bin/sh
                set -eu

                python3 -m venv .tcperf
                .tcperf/bin/pip install -q tools/tcperf

                make status-backend

                # The parent: the commit at which this branch left its target, built in a worktree of its own.
                no_parent() { echo "tcperf: there is no parent to compare with: ${'$'}1" >&2; exit 4; }
                target=${'$'}(.tcperf/bin/python -m tcperf.teamcity.target develop) || target=develop
                git rev-parse -q --verify HEAD > /dev/null || no_parent "git knows no commit here. Let the agent check out, not the server (VCS checkout mode), and have git on it"
                git rev-parse -q --verify "origin/${'$'}target^{commit}" > /dev/null || target=develop
                parent=${'$'}(git merge-base "origin/${'$'}target" HEAD) || no_parent "this build and origin/${'$'}target have no commit in common here. Fetch that branch (the branch specification of the VCS root), and all of the history (no shallow clone)"
                test "${'$'}parent" != "${'$'}(git rev-parse HEAD)" || parent=HEAD^  # on the target itself: against the commit before
                git rev-parse -q --verify "${'$'}parent^{commit}" > /dev/null || no_parent "this is the first commit here. Commit once more, or fetch the whole history where the clone is shallow"
                rm -rf .parent && git worktree prune && git worktree add --detach .parent "${'$'}parent"
                (
                cd .parent
                make status-backend
                )

                .tcperf/bin/python -m tcperf run one_to_one --node build/bin/status-backend --param messages=20 --trend --base .parent/build/bin/status-backend --gate condition
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
            vcsRootExtId = "Status_Go"
            provider = github {
                authType = token {
                    token = "credentialsJSON:57e22787-e451-48ed-9fea-b9bf30775b36"
                }
                filterAuthorRole = PullRequests.GitHubRoleFilter.MEMBER
            }
        }
    }

    requirements {
        contains("teamcity.agent.jvm.os.name", "Linux")
        noLessThan("teamcity.agent.hardware.cpuCount", "4")
    }

    failureConditions {
        executionTimeoutMin = 90
        failOnMetricChange {
            // fails when one_to_one.messages.time_ms is worse
            id = "TcperfFailWorseOne_to_oneMessagesTime_ms"
            param("metricKey", "tcperf.one_to_one.messages.time_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.latency_ms is worse
            id = "TcperfFailWorseOne_to_oneMessagesLatency_ms"
            param("metricKey", "tcperf.one_to_one.messages.latency_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.send_ms is worse
            id = "TcperfFailWorseOne_to_oneMessagesSend_ms"
            param("metricKey", "tcperf.one_to_one.messages.send_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.cpu_ms is worse
            id = "TcperfFailWorseOne_to_oneMessagesCpu_ms"
            param("metricKey", "tcperf.one_to_one.messages.cpu_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.memory_peak_bytes is worse
            id = "TcperfFailWorseOne_to_oneMessagesMemory_peak_bytes"
            param("metricKey", "tcperf.one_to_one.messages.memory_peak_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.sent_bytes is worse
            id = "TcperfFailWorseOne_to_oneMessagesSent_bytes"
            param("metricKey", "tcperf.one_to_one.messages.sent_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.packets_count is worse
            id = "TcperfFailWorseOne_to_oneMessagesPackets_count"
            param("metricKey", "tcperf.one_to_one.messages.packets_count_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.boot.time_ms is worse
            id = "TcperfFailWorseCold_startBootTime_ms"
            param("metricKey", "tcperf.cold_start.boot.time_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.boot.cpu_ms is worse
            id = "TcperfFailWorseCold_startBootCpu_ms"
            param("metricKey", "tcperf.cold_start.boot.cpu_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.boot.memory_peak_bytes is worse
            id = "TcperfFailWorseCold_startBootMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.boot.memory_peak_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.boot.sent_bytes is worse
            id = "TcperfFailWorseCold_startBootSent_bytes"
            param("metricKey", "tcperf.cold_start.boot.sent_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.boot.packets_count is worse
            id = "TcperfFailWorseCold_startBootPackets_count"
            param("metricKey", "tcperf.cold_start.boot.packets_count_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.account.time_ms is worse
            id = "TcperfFailWorseCold_startAccountTime_ms"
            param("metricKey", "tcperf.cold_start.account.time_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.account.cpu_ms is worse
            id = "TcperfFailWorseCold_startAccountCpu_ms"
            param("metricKey", "tcperf.cold_start.account.cpu_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.account.memory_peak_bytes is worse
            id = "TcperfFailWorseCold_startAccountMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.account.memory_peak_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.account.sent_bytes is worse
            id = "TcperfFailWorseCold_startAccountSent_bytes"
            param("metricKey", "tcperf.cold_start.account.sent_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.account.packets_count is worse
            id = "TcperfFailWorseCold_startAccountPackets_count"
            param("metricKey", "tcperf.cold_start.account.packets_count_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.time_ms is worse
            id = "TcperfFailWorseCold_startFirst_peerTime_ms"
            param("metricKey", "tcperf.cold_start.first_peer.time_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.cpu_ms is worse
            id = "TcperfFailWorseCold_startFirst_peerCpu_ms"
            param("metricKey", "tcperf.cold_start.first_peer.cpu_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.memory_peak_bytes is worse
            id = "TcperfFailWorseCold_startFirst_peerMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.first_peer.memory_peak_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.sent_bytes is worse
            id = "TcperfFailWorseCold_startFirst_peerSent_bytes"
            param("metricKey", "tcperf.cold_start.first_peer.sent_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.packets_count is worse
            id = "TcperfFailWorseCold_startFirst_peerPackets_count"
            param("metricKey", "tcperf.cold_start.first_peer.packets_count_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when idle.idle.cpu_ms is worse
            id = "TcperfFailWorseIdleIdleCpu_ms"
            param("metricKey", "tcperf.idle.idle.cpu_ms_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when idle.idle.memory_peak_bytes is worse
            id = "TcperfFailWorseIdleIdleMemory_peak_bytes"
            param("metricKey", "tcperf.idle.idle.memory_peak_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when idle.idle.sent_bytes is worse
            id = "TcperfFailWorseIdleIdleSent_bytes"
            param("metricKey", "tcperf.idle.idle.sent_bytes_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when idle.idle.packets_count is worse
            id = "TcperfFailWorseIdleIdlePackets_count"
            param("metricKey", "tcperf.idle.idle.packets_count_worse_pct")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when a metric is over its limit
            id = "TcperfFailOver_budget"
            param("metricKey", "tcperf.over_budget_count")
            threshold = 0
            units = BuildFailureOnMetric.MetricUnit.DEFAULT_UNIT
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = value()
        }
        failOnMetricChange {
            // fails when one_to_one.messages.time_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesTime_ms"
            param("metricKey", "tcperf.one_to_one.messages.time_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.latency_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesLatency_ms"
            param("metricKey", "tcperf.one_to_one.messages.latency_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.send_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesSend_ms"
            param("metricKey", "tcperf.one_to_one.messages.send_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.cpu_ms is 8 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesCpu_ms"
            param("metricKey", "tcperf.one_to_one.messages.cpu_ms")
            threshold = 8
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.memory_peak_bytes is 5 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesMemory_peak_bytes"
            param("metricKey", "tcperf.one_to_one.messages.memory_peak_bytes")
            threshold = 5
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.sent_bytes is 3 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesSent_bytes"
            param("metricKey", "tcperf.one_to_one.messages.sent_bytes")
            threshold = 3
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when one_to_one.messages.packets_count is 4 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicOne_to_oneMessagesPackets_count"
            param("metricKey", "tcperf.one_to_one.messages.packets_count")
            threshold = 4
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.boot.time_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startBootTime_ms"
            param("metricKey", "tcperf.cold_start.boot.time_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.boot.cpu_ms is 8 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startBootCpu_ms"
            param("metricKey", "tcperf.cold_start.boot.cpu_ms")
            threshold = 8
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.boot.memory_peak_bytes is 5 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startBootMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.boot.memory_peak_bytes")
            threshold = 5
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.boot.sent_bytes is 3 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startBootSent_bytes"
            param("metricKey", "tcperf.cold_start.boot.sent_bytes")
            threshold = 3
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.boot.packets_count is 4 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startBootPackets_count"
            param("metricKey", "tcperf.cold_start.boot.packets_count")
            threshold = 4
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.account.time_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startAccountTime_ms"
            param("metricKey", "tcperf.cold_start.account.time_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.account.cpu_ms is 8 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startAccountCpu_ms"
            param("metricKey", "tcperf.cold_start.account.cpu_ms")
            threshold = 8
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.account.memory_peak_bytes is 5 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startAccountMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.account.memory_peak_bytes")
            threshold = 5
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.account.sent_bytes is 3 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startAccountSent_bytes"
            param("metricKey", "tcperf.cold_start.account.sent_bytes")
            threshold = 3
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.account.packets_count is 4 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startAccountPackets_count"
            param("metricKey", "tcperf.cold_start.account.packets_count")
            threshold = 4
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.time_ms is 10 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startFirst_peerTime_ms"
            param("metricKey", "tcperf.cold_start.first_peer.time_ms")
            threshold = 10
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.cpu_ms is 8 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startFirst_peerCpu_ms"
            param("metricKey", "tcperf.cold_start.first_peer.cpu_ms")
            threshold = 8
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.memory_peak_bytes is 5 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startFirst_peerMemory_peak_bytes"
            param("metricKey", "tcperf.cold_start.first_peer.memory_peak_bytes")
            threshold = 5
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.sent_bytes is 3 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startFirst_peerSent_bytes"
            param("metricKey", "tcperf.cold_start.first_peer.sent_bytes")
            threshold = 3
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when cold_start.first_peer.packets_count is 4 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicCold_startFirst_peerPackets_count"
            param("metricKey", "tcperf.cold_start.first_peer.packets_count")
            threshold = 4
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when idle.idle.cpu_ms is 8 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicIdleIdleCpu_ms"
            param("metricKey", "tcperf.idle.idle.cpu_ms")
            threshold = 8
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when idle.idle.memory_peak_bytes is 5 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicIdleIdleMemory_peak_bytes"
            param("metricKey", "tcperf.idle.idle.memory_peak_bytes")
            threshold = 5
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when idle.idle.sent_bytes is 3 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicIdleIdleSent_bytes"
            param("metricKey", "tcperf.idle.idle.sent_bytes")
            threshold = 3
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
        failOnMetricChange {
            // fails when idle.idle.packets_count is 4 % beyond the last successful build, if any of the same branch
            id = "TcperfFailClassicIdleIdlePackets_count"
            param("metricKey", "tcperf.idle.idle.packets_count")
            threshold = 4
            units = BuildFailureOnMetric.MetricUnit.PERCENTS
            comparison = BuildFailureOnMetric.MetricComparison.MORE
            compareTo = build {
                buildRule = lastSuccessful()
            }
        }
    }
})
