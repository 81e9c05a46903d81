"""A layer table as text: for a terminal, a notebook, a paper, a spreadsheet or another program.

`words` says sizes and totals, `tables` prints what people read, `data` writes what programs read.
Every form says its totals and its conventions. Numbers are exact everywhere but in prose.
"""
