package io.sparkdao;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.classic.SparkSession;

/** Puts the settings of a store's bucket into the driver's Hadoop configuration, from where tasks get them. */
final class HadoopSettings {
  private static final String[] CREDENTIALS = {"access.key", "secret.key", "session.token", "endpoint"};
  private static final String S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem";

  private HadoopSettings() {}

  /**
   * Applies settings, unless the bucket already has others: Hadoop caches one file system per bucket and JVM, so two
   * sets of credentials would be mixed up.
   */
  static void apply(SparkSession session, Map<String, String> settings) {
    if (settings.isEmpty()) {
      return;
    }
    checkPackages(settings);
    Configuration configuration = session.sparkContext().hadoopConfiguration();
    synchronized (HadoopSettings.class) {
      settings.forEach((key, value) -> check(configuration, key, value));
      settings.forEach(configuration::set);
      if (configuration.get("fs.s3.impl") == null) {
        configuration.set("fs.s3.impl", S3A);
      }
    }
  }

  private static void check(Configuration configuration, String key, String value) {
    String present = configuration.get(key);
    if (present == null || present.equals(value)) {
      return;
    }
    for (String credential : CREDENTIALS) {
      if (key.endsWith(credential)) {
        String prefix = key.substring(0, key.length() - credential.length() - 1);
        String bucket = prefix.replaceFirst("^fs\\.s3a\\.bucket\\.", "");
        throw DaoErrors.analysis(
            "bucket `" + bucket + "` is already in use with another `" + credential + "` in this Spark application;"
                + " use one set of credentials for a bucket, or separate applications");
      }
    }
  }

  private static void checkPackages(Map<String, String> settings) {
    if (settings.keySet().stream().noneMatch(key -> key.startsWith("fs.s3a."))) {
      return;
    }
    try {
      Class.forName(S3A, false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException error) {
      throw DaoErrors.analysis(
          "the Spark session lacks the S3A packages; start it with `spark_dao.configure(builder, catalog=…)`, or with"
              + " `spark-submit --properties-file conf/spark-defaults.conf`");
    }
  }
}
