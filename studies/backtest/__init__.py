"""A pushed forecaster beside traditional ones, again and again over the test range."""
