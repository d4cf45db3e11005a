package jetbrains.buildServer.configs.kotlin.buildSteps

import jetbrains.buildServer.configs.kotlin.BuildStep
import jetbrains.buildServer.configs.kotlin.BuildSteps

class ScriptBuildStep() : BuildStep("ScriptBuildStep") {
    var scriptContent: String? by said
}

fun BuildSteps.script(init: ScriptBuildStep.() -> Unit) = step(ScriptBuildStep().also(init))
