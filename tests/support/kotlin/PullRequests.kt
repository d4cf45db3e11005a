package jetbrains.buildServer.configs.kotlin.buildFeatures

import jetbrains.buildServer.configs.kotlin.BuildFeature
import jetbrains.buildServer.configs.kotlin.BuildFeatures
import jetbrains.buildServer.configs.kotlin.Recorded

class PullRequests() : BuildFeature() {
    var vcsRootExtId: String? by said
    var provider: Provider? by said

    enum class GitHubRoleFilter { MEMBER, MEMBER_OR_COLLABORATOR, EVERYBODY }

    open class Provider : Recorded() {
        class Github : Provider() {
            var authType: AuthType? by said
            var filterAuthorRole: GitHubRoleFilter? by said
            var filterTargetBranch: String? by said

            open class AuthType : Recorded() {
                class VcsRoot : AuthType() {
                    init {
                        said["class"] = "VcsRoot"
                    }
                }

                class Token : AuthType() {
                    var token: String by said
                }
            }

            fun vcsRoot() = AuthType.VcsRoot()

            fun token(init: AuthType.Token.() -> Unit = {}) = AuthType.Token().also(init)
        }
    }

    fun github(init: Provider.Github.() -> Unit = {}) = Provider.Github().also(init)
}

fun BuildFeatures.pullRequests(init: PullRequests.() -> Unit) = feature(PullRequests().also(init))
