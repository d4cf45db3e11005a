"""The build configuration, its charts and its failure conditions as code: a plan, and a renderer for each form.

The plan is made of the keys that scenarios declare, without a run, so that charts and conditions always name what a
build prints.
"""
