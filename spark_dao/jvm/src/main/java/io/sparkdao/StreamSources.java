package io.sparkdao;

import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.datasources.FileFormat;

/** Finds the source that streams an object. */
final class StreamSources {
  private StreamSources() {}

  /**
   * Returns Spark's source for a plan. Files whose schema nobody said have the one that a batch read finds now; Spark
   * alone would ask for it.
   */
  static DataSource delegate(SparkSession session, ReadPlan plan) {
    if (plan.staged()) {
      throw DaoErrors.analysis("an object of a warehouse cannot be read as a stream; read it as a batch");
    }
    boolean inferred = plan.schema() == null && isFileFormat(session, plan);
    return NativeSource.forReading(
        session, inferred ? plan.withSchema(NativeSource.relation(session, plan).schema()) : plan);
  }

  private static boolean isFileFormat(SparkSession session, ReadPlan plan) {
    return FileFormat.class.isAssignableFrom(NativeSource.forReading(session, plan).providingClass());
  }
}
