"""spark_dao."""
