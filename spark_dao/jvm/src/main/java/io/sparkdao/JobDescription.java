package io.sparkdao;

import org.apache.spark.SparkContext;
import org.apache.spark.sql.classic.SparkSession;

/** What the Spark UI says of the jobs that this thread starts, until it is closed. */
final class JobDescription implements AutoCloseable {
  private static final String PROPERTY = "spark.job.description";

  private final SparkContext context;
  private final String before;

  private JobDescription(SparkContext context, String before) {
    this.context = context;
    this.before = before;
  }

  static JobDescription set(SparkSession session, String description) {
    SparkContext context = session.sparkContext();
    String before = context.getLocalProperty(PROPERTY);
    context.setJobDescription(description);
    return new JobDescription(context, before);
  }

  @Override
  public void close() {
    context.setJobDescription(before);
  }
}
