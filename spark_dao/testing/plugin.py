"""Pytest plugin of spark_dao."""
