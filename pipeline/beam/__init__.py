"""The section `beam` of a config, and what it makes of the steps that run on Apache Beam."""
