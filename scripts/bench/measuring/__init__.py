"""Measuring long-lived processes against one another: statistics, the line protocol, tables."""
