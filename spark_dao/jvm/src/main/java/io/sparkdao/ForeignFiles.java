package io.sparkdao;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.sources.BaseRelation;

/**
 * Refuses a folder with files of another format among those that are asked for, by their names. Spark reads what it can:
 * a Parquet file as csv is a few rows of rubbish, and a csv file as Parquet an error in the midst of a job.
 */
final class ForeignFiles {
  private static final Map<String, List<String>> ENDINGS =
      Map.of(
          "parquet", List.of("parquet"),
          "orc", List.of("orc"),
          "avro", List.of("avro"),
          "csv", List.of("csv", "tsv"),
          "json", List.of("json", "jsonl", "ndjson"));
  private static final List<String> COMPRESSIONS = List.of("gz", "bz2", "zst", "zstd", "snappy", "lz4", "deflate", "xz");

  private ForeignFiles() {}

  /** Looks at the files of a relation, which Spark has listed. */
  static void refuse(String name, ReadPlan plan, BaseRelation relation) {
    if (relation instanceof HadoopFsRelation files && files.location() instanceof PartitioningAwareFileIndex index) {
      for (FileStatus file : Scala.list(index.allFiles())) {
        refuse(name, plan, file.getPath());
      }
    }
  }

  /** Looks at the files of a plan of which Spark could make no relation; returns where they are not the reason. */
  static void refuse(String name, ReadPlan plan, SparkSession session) {
    if (!ENDINGS.containsKey(plan.format())) {
      return;
    }
    for (String folder : plan.paths()) {
      try {
        FileSystem fileSystem = new Path(folder).getFileSystem(session.sessionState().newHadoopConf());
        FileStatus[] places = fileSystem.globStatus(new Path(folder));
        for (FileStatus place : places == null ? new FileStatus[0] : places) {
          RemoteIterator<LocatedFileStatus> files = fileSystem.listFiles(place.getPath(), true);
          while (files.hasNext()) {
            Path file = files.next().getPath();
            if (!isHidden(place.getPath(), file)) {
              refuse(name, plan, file);
            }
          }
        }
      } catch (IOException unreachable) {
        // Spark's own error, which is on its way, says so.
        return;
      }
    }
  }

  private static void refuse(String name, ReadPlan plan, Path file) {
    List<String> own = ENDINGS.get(plan.format());
    String ending = ending(file.getName());
    boolean foreign = own != null && !own.contains(ending) && ENDINGS.values().stream().anyMatch(all -> all.contains(ending));
    if (foreign) {
      throw DaoErrors.analysis(
          name + ": expected " + plan.format() + " files only, found `" + file.getName() + "` among them in `"
              + file.getParent() + "`; move it away, correct the object's `format`, or say `pathGlobFilter: \"*."
              + own.get(0) + "\"` in its `spark_options`");
    }
  }

  private static String ending(String file) {
    String[] parts = file.toLowerCase(Locale.ROOT).split("\\.");
    int last = parts.length - 1;
    if (last > 1 && COMPRESSIONS.contains(parts[last])) {
      last--;
    }
    return last > 0 ? parts[last] : "";
  }

  private static boolean isHidden(Path folder, Path file) {
    String below = folder.toUri().relativize(file.toUri()).getPath();
    for (String part : below.split("/")) {
      if (part.startsWith(".") || (part.startsWith("_") && !part.contains("="))) {
        return true;
      }
    }
    return false;
  }
}
