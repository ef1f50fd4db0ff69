package io.sparkdao;

import io.sparkdao.WriteTarget.Replacement;
import io.sparkdao.WriteTarget.StagedFile;
import io.sparkdao.WriteTarget.Staging;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.catalog.BucketSpec;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.CommandExecutionMode;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.FileFormatWriter;
import org.apache.spark.sql.execution.datasources.WriteJobStatsTracker;
import org.apache.spark.sql.util.SchemaUtils;
import scala.Option;

/**
 * Runs Spark's file writer into a staging folder and has the target make the files visible.
 *
 * @param outputColumns all columns of the data, partition columns included
 * @param staticPartitions how many leading partition columns have one value throughout
 * @param tracker what fills the metrics in the Spark UI
 */
record FileWriter(
    SparkSession session,
    FileFormat format,
    scala.collection.immutable.Map<String, String> options,
    List<Attribute> outputColumns,
    List<Attribute> partitionColumns,
    Option<BucketSpec> bucketSpec,
    int staticPartitions,
    WriteJobStatsTracker tracker) {

  /** Writes what a physical plan yields; what fails leaves the old rows. */
  void write(SparkPlan plan, WriteTarget target, Replacement replacement) {
    SchemaUtils.checkColumnNameDuplication(
        Scala.seq(outputColumns.stream().map(Attribute::name).toList()),
        session.sessionState().conf().caseSensitiveAnalysis());
    try (JobDescription ignored = JobDescription.set(session, "dao.write " + target.name())) {
      Staging staging = target.begin(replacement.mode());
      if (staging == null) {
        return;
      }
      List<StagedFile> files;
      try {
        files = new ArrayList<>(stage(plan, staging, partitionColumns, outputColumns, ""));
        if (files.isEmpty() && losesItsSchema(staging, replacement)) {
          files.addAll(stageEmptyFile(staging));
        }
      } catch (Throwable error) {
        abort(target, staging, error);
        throw DaoErrors.unchecked(error);
      }
      target.commit(staging, replacement, files);
    }
  }

  private List<StagedFile> stage(
      SparkPlan plan, Staging staging, List<Attribute> partitions, List<Attribute> columns, String subfolder) {
    Configuration configuration = session.sessionState().newHadoopConfWithOptions(options);
    StagingCommitProtocol protocol = new StagingCommitProtocol(staging.folder(), staging.batchId(), subfolder);
    FileFormatWriter.write(
        session,
        plan,
        format,
        protocol,
        new FileFormatWriter.OutputSpec(staging.folder(), Scala.map(java.util.Map.of()), Scala.seq(columns)),
        configuration,
        Scala.seq(partitions),
        bucketSpec,
        Scala.seq(List.of(tracker)),
        options,
        partitions.isEmpty() ? 0 : staticPartitions);
    return protocol.committedFiles();
  }

  private boolean losesItsSchema(Staging staging, Replacement replacement) {
    boolean confined = replacement.dynamic() || replacement.folders() != null;
    boolean replacesAll = replacement.mode() == SaveMode.Overwrite && !confined;
    return !partitionColumns.isEmpty() && (replacesAll || !staging.intoExisting());
  }

  private List<StagedFile> stageEmptyFile(Staging staging) {
    Set<Long> partitioned = Set.copyOf(partitionColumns.stream().map(column -> column.exprId().id()).toList());
    List<Attribute> columns =
        outputColumns.stream().filter(column -> !partitioned.contains(column.exprId().id())).toList();
    LocalRelation nothing = new LocalRelation(Scala.seq(columns), Scala.seq(List.of()), false, Scala.none());
    SparkPlan plan = session.sessionState().executePlan(nothing, CommandExecutionMode.ALL()).executedPlan();
    return stage(plan, staging, List.of(), columns, emptyPartitionFolder());
  }

  /** Names the folder of the one empty file of an empty partitioned table: what has no file has no schema. */
  private String emptyPartitionFolder() {
    return String.join(
        "/",
        partitionColumns.stream()
            .map(column -> column.name() + "=" + ExternalCatalogUtils.DEFAULT_PARTITION_NAME())
            .toList());
  }

  private static void abort(WriteTarget target, Staging staging, Throwable error) {
    try {
      target.abort(staging);
    } catch (Throwable second) {
      error.addSuppressed(second);
    }
  }
}
