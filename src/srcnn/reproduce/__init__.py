"""The paper's tables and figures made again, as one page: what to compute, computing it, showing it.

Everything that takes long is kept in a cache of small files, each named by the hash of what made it,
so that an interrupted run goes on where it was and a changed picture or model is computed anew.
"""
