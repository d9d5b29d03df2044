"""A lab's expectations in the running lab, whatever runs it: what was predicted, what is seen.

`run` asks a deployment through its driver; `grade` gives points for what a proof or a run found.
"""
