package io.sparkdao;

import org.apache.spark.sql.AnalysisException;

/** Says in dao's words, and by the object's name, what Spark says of a path or a format. */
final class FailedReads {
  private FailedReads() {}

  /** Throws a better error where there is one, and returns where Spark's own is as good. */
  static void explain(ObjectName object, ReadPlan plan, AnalysisException error) {
    String condition = String.valueOf(error.getCondition());
    if (condition.equals("PATH_NOT_FOUND")) {
      throw DaoErrors.analysis(
          object.name() + ", key `path`: no files match `" + plan.paths().get(0)
              + "`; write them first, or correct the pattern");
    }
    if (condition.equals("DATA_SOURCE_NOT_FOUND") && plan.format().equals("delta")) {
      throw DeltaTables.packageMissing(object.name() + ": ");
    }
  }
}
