package io.sparkdao;

import org.apache.spark.sql.AnalysisException;
import scala.Option;

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
    return unchecked(make(message, Scala.none()));
  }

  /** Makes the error of a table that is not there: Spark and others recognise it by its condition, not by its text. */
  static RuntimeException missing(String message) {
    return unchecked(make(message, Scala.option("TABLE_OR_VIEW_NOT_FOUND")));
  }

  private static AnalysisException make(String message, Option<String> condition) {
    return new AnalysisException(
        message,
        Scala.none(),
        Scala.none(),
        Scala.none(),
        condition,
        scala.collection.immutable.Map$.MODULE$.empty(),
        new org.apache.spark.QueryContext[0]);
  }

  /** Throws a checked exception where none is declared. */
  @SuppressWarnings("unchecked")
  static <E extends Throwable> RuntimeException unchecked(Throwable error) throws E {
    throw (E) error;
  }
}
