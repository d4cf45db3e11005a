package dump

import jetbrains.buildServer.configs.kotlin.BuildRule
import jetbrains.buildServer.configs.kotlin.CustomChart
import jetbrains.buildServer.configs.kotlin.Id
import jetbrains.buildServer.configs.kotlin.Recorded
import jetbrains.buildServer.configs.kotlin.failureConditions.BuildFailureOnMetric

/** All that was said, as JSON of ASCII alone. */
fun json(value: Any?): String = when (value) {
    null -> "null"
    is Recorded -> json(value.said)
    is Map<*, *> -> value.entries.joinToString(",", "{", "}") { text(it.key.toString()) + ":" + json(it.value) }
    is List<*> -> value.joinToString(",", "[", "]") { json(it) }
    is Int, is Boolean -> value.toString()
    is CustomChart.Serie -> json(mapOf("title" to value.title, "key" to value.key.key, "color" to value.color))
    is CustomChart.PatternSeries -> json(mapOf("title" to value.title, "pattern" to value.pattern))
    is BuildRule -> json(mapOf("id" to value.id, "branch" to value.branch))
    is BuildFailureOnMetric.CompareTo.Build.BuildRule -> text(value.name)
    is Id -> text(value.javaClass.simpleName + ":" + value.value)
    is Enum<*> -> text(value.name)
    is String -> text(value)
    else -> throw IllegalArgumentException(value.javaClass.name)
}

private fun text(value: String): String {
    val out = StringBuilder("\"")
    for (character in value) {
        if (character in ' '..'~' && character != '"' && character != '\\') out.append(character)
        else out.append(String.format("\\u%04x", character - '\u0000'))
    }
    return out.append("\"").toString()
}
