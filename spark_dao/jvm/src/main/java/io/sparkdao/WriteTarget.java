package io.sparkdao;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.SaveMode;

/** Where a write's files are staged, and what makes them visible. */
interface WriteTarget {
  /** The object's name, for the Spark UI. */
  String name();

  /** Prepares a write; null where nothing is to be written. */
  Staging begin(SaveMode mode);

  /** Makes the files visible. */
  void commit(Staging staging, Replacement replacement, List<StagedFile> files);

  /** Clears away what a failed write staged. */
  void abort(Staging staging);

  /**
   * A fresh folder that no reader sees.
   *
   * @param folder its URI
   * @param batchId the id that the files' names carry
   * @param intoExisting whether the object has files already
   */
  record Staging(String folder, String batchId, boolean intoExisting) {}

  /**
   * Which old files the new ones replace.
   *
   * @param mode append or overwrite
   * @param dynamic only those in the partitions written
   * @param folders only those below these partition folders; null for all
   */
  record Replacement(SaveMode mode, boolean dynamic, List<String> folders) {}

  /**
   * One file of a committed task.
   *
   * @param path path below the staging folder
   * @param bytes size
   */
  record StagedFile(String path, long bytes) implements Serializable {}
}
