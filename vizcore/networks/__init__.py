"""Networks that can look at pictures: the zoo's builders joined with weights from anywhere.

`offers` lists and finds what an architecture can be filled with, `presence` whether it is on this
machine, `own` takes what a person brought, and `loading` builds and fills the network.
"""
