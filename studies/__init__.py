"""Studies of what pipelines left below a root: each computes results from plain values, and has a page of them."""
