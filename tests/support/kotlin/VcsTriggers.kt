package jetbrains.buildServer.configs.kotlin.triggers

import jetbrains.buildServer.configs.kotlin.Trigger
import jetbrains.buildServer.configs.kotlin.Triggers

class VcsTrigger() : Trigger() {
    var branchFilter: String? by said
    var triggerRules: String? by said
}

fun Triggers.vcs(init: VcsTrigger.() -> Unit) = trigger(VcsTrigger().also(init))
