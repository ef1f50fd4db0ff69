package io.sparkdao;

/** A table that {@link WriteRule} may find as the target of a write. */
interface WritableObject {
  ObjectName object();

  TableShape shape();
}
