// Made by `tcperf settings --kotlin`: after a change of tcperf.toml make it again.
import jetbrains.buildServer.configs.kotlin.*
import tcperf.tcperf

version = "2024.03"

project {
    tcperf()
}
