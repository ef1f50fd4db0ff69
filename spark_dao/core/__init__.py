"""The core: routing a call to an interface method, and the DataAccessObject."""
