package io.sparkdao;

import org.apache.spark.sql.AnalysisException;

/** Makes the one kind of error that PySpark, SQL and Connect show as a plain message. */
final class DaoErrors {
  private DaoErrors() {}

  /**
   * Makes an AnalysisException with exactly this message.
   *
   * <p>It is returned as a RuntimeException for Java's compiler only: Spark's interfaces, written in Scala, declare no
   * checked exceptions. Callers write {@code throw DaoErrors.analysis(…)}.
   */
  static RuntimeException analysis(String message) {
    return unchecked(
        new AnalysisException(
            message,
            Scala.none(),
            Scala.none(),
            Scala.none(),
            Scala.none(),
            scala.collection.immutable.Map$.MODULE$.empty(),
            new org.apache.spark.QueryContext[0]));
  }

  /** Throws a checked exception where none is declared. */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> RuntimeException unchecked(Throwable error) throws E {
    throw (E) error;
  }
}
