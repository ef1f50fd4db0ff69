"""Help for the tests of those who use spark_dao: a pytest plugin with the fixture `local_stack`."""
