"""Tables: a row an example, a column a feature."""
