"""Processes of this machine that run functions for the one that started them."""
