"""The verb `evaluate`, from files to scores: `verb` is the whole of it, top to bottom.

`files` and `predictions` find and read what is scored, `truths` what it is scored against, `sides`
brings both together image by image, `threshold` says where a threshold comes from, `opening` turns
the user's words into all of these; `comparison`, `outputs` and `report` are what comes out.
"""
