package io.sparkdao;

import java.io.IOException;
import java.util.ArrayList;
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
 * a Parquet file as csv is a few rows of rubbish, and a csv file as Parquet an error in the midst of a job. {@code dao.read} has
 * the same check, with the same words, in {@code foreign_files.py}.
 */
final class ForeignFiles {
  private static final Map<String, List<String>> ENDINGS =
      Map.of(
          "parquet", List.of("parquet"),
          "orc", List.of("orc"),
          "avro", List.of("avro"),
          "csv", List.of("csv", "tsv"),
          "json", List.of("json", "jsonl", "ndjson"));
  private static final String FILTER = "pathGlobFilter";
  private static final List<String> COMPRESSIONS = List.of("gz", "bz2", "zst", "zstd", "snappy", "lz4", "deflate", "xz");

  private ForeignFiles() {}

  /** Looks at the files of a relation, which Spark has listed. */
  static void refuse(String name, ReadPlan plan, BaseRelation relation) {
    if (relation instanceof HadoopFsRelation files && files.location() instanceof PartitioningAwareFileIndex index) {
      refuse(name, plan, Scala.list(index.allFiles()).stream().map(FileStatus::getPath).toList());
    }
  }

  /** Looks at the files of a plan of which Spark could make no relation; returns where they are not the reason. */
  static void refuse(String name, ReadPlan plan, SparkSession session) {
    if (!ENDINGS.containsKey(plan.format()) || plan.options().keySet().stream().anyMatch(FILTER::equalsIgnoreCase)) {
      return;
    }
    List<Path> found = new ArrayList<>();
    for (String folder : plan.paths()) {
      try {
        FileSystem fileSystem = new Path(folder).getFileSystem(session.sessionState().newHadoopConf());
        FileStatus[] places = fileSystem.globStatus(new Path(folder));
        for (FileStatus place : places == null ? new FileStatus[0] : places) {
          RemoteIterator<LocatedFileStatus> files = fileSystem.listFiles(place.getPath(), true);
          while (files.hasNext()) {
            Path file = files.next().getPath();
            if (!isHidden(place.getPath(), file)) {
              found.add(file);
            }
          }
        }
      } catch (IOException unreachable) {
        // Spark's own error, which is on its way, says so.
        return;
      }
    }
    refuse(name, plan, found);
  }

  private static void refuse(String name, ReadPlan plan, List<Path> files) {
    List<String> own = ENDINGS.get(plan.format());
    if (own == null) {
      return;
    }
    Path file = files.stream().filter(each -> isForeign(own, ending(each.getName()))).min(Path::compareTo).orElse(null);
    if (file != null) {
      throw DaoErrors.analysis(
          name + ": expected " + plan.format() + " files only, found `" + file.getName() + "` among them in `"
              + uri(file.getParent()) + "`; move it away, correct the object's `format`, or say `pathGlobFilter: \"*."
              + own.get(0) + "\"` in its `spark_options`");
    }
  }

  private static boolean isForeign(List<String> own, String ending) {
    return !own.contains(ending) && ENDINGS.values().stream().anyMatch(all -> all.contains(ending));
  }

  /** Hadoop drops the empty authority of {@code file:///}, which all else has. */
  private static String uri(Path folder) {
    return folder.toString().replaceFirst("^file:/(?!/)", "file:///");
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
