"""One module for each way to decode or encode a file. They decide nothing: `read` and `fit` did."""
