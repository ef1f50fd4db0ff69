package io.sparkdao;

import io.sparkdao.WriteTarget.Replacement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.catalog.BucketSpec;
import org.apache.spark.sql.catalyst.catalog.ExternalCatalogUtils;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.InsertIntoHadoopFsRelationCommand;
import org.apache.spark.sql.execution.datasources.V1WritesUtils;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * Spark's file writing command, but for one thing: where {@code InsertIntoHadoopFsRelationCommand} deletes the old
 * files first, here the new ones are staged and made visible by a {@link WriteTarget} when all of them are there. So a
 * write that fails leaves the old rows.
 */
public final class FileWrite extends FileWriteNode {
  private final LogicalPlan query;
  private final Seq<Attribute> partitionColumns;
  private final Seq<String> outputColumnNames;
  private final Settings settings;

  /**
   * Everything about a write that Catalyst never changes.
   *
   * @param staticPartitions partition values that an overwrite is confined to
   * @param dynamic whether an overwrite replaces only the partitions written
   */
  record Settings(
      Path path,
      SaveMode mode,
      FileFormat format,
      scala.collection.immutable.Map<String, String> options,
      Option<BucketSpec> bucketSpec,
      Map<String, String> staticPartitions,
      boolean dynamic,
      WriteTarget target) {
    @Override
    public String toString() {
      return mode + " " + target.name() + " " + path;
    }
  }

  /** Made with exactly the fields of {@link #productElement}, as Catalyst copies nodes. */
  public FileWrite(
      LogicalPlan query, Seq<Attribute> partitionColumns, Seq<String> outputColumnNames, Object settings) {
    this.query = query;
    this.partitionColumns = partitionColumns;
    this.outputColumnNames = outputColumnNames;
    this.settings = (Settings) settings;
  }

  static FileWrite of(
      InsertIntoHadoopFsRelationCommand command, Map<String, String> staticPartitions, WriteTarget target) {
    boolean dynamic = command.dynamicPartitionOverwrite() && staticPartitions.isEmpty();
    return new FileWrite(
        command.query(),
        command.partitionColumns(),
        command.outputColumnNames(),
        new Settings(
            command.outputPath(),
            command.mode(),
            command.fileFormat(),
            command.options(),
            command.bucketSpec(),
            staticPartitions,
            dynamic,
            target));
  }

  /** Confines Spark's own command to static partitions, for files that are not published. */
  static LogicalPlan confined(InsertIntoHadoopFsRelationCommand command, Map<String, String> staticPartitions) {
    return command.copy(
        command.outputPath(),
        Scala.map(staticPartitions),
        command.ifPartitionNotExists(),
        command.partitionColumns(),
        command.bucketSpec(),
        command.fileFormat(),
        command.options(),
        command.query(),
        command.mode(),
        command.catalogTable(),
        command.fileIndex(),
        command.outputColumnNames());
  }

  @Override
  public Seq<Row> run(SparkSession session, SparkPlan child) {
    FileWriter writer =
        new FileWriter(
            session,
            settings.format(),
            settings.options(),
            Scala.list(outputColumns()),
            Scala.list(partitionColumns),
            settings.bucketSpec(),
            settings.staticPartitions().size(),
            basicWriteJobStatsTracker(session.sessionState().newHadoopConfWithOptions(settings.options())));
    writer.write(child, settings.target(), replacement());
    if (settings.target() instanceof StagedLoad load) {
      CachedData.refresh(session, load.planner().catalog(), load.name());
    } else {
      CachedData.refresh(session, settings.path());
    }
    return Scala.seq(List.of());
  }

  private Replacement replacement() {
    List<String> folders = settings.staticPartitions().isEmpty() ? null : List.of(staticFolder());
    return new Replacement(settings.mode(), settings.dynamic(), folders);
  }

  private String staticFolder() {
    Map<String, String> values = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    values.putAll(settings.staticPartitions());
    List<String> levels = new ArrayList<>();
    for (Attribute column : Scala.list(partitionColumns)) {
      if (values.containsKey(column.name())) {
        levels.add(ExternalCatalogUtils.getPartitionPathString(column.name(), values.get(column.name())));
      }
    }
    return String.join("/", levels);
  }

  @Override
  public LogicalPlan query() {
    return query;
  }

  @Override
  public Seq<String> outputColumnNames() {
    return outputColumnNames;
  }

  @Override
  public Seq<Attribute> partitionColumns() {
    return partitionColumns;
  }

  @Override
  public FileFormat fileFormat() {
    return settings.format();
  }

  @Override
  public Option<BucketSpec> bucketSpec() {
    return settings.bucketSpec();
  }

  @Override
  public scala.collection.immutable.Map<String, String> options() {
    return settings.options();
  }

  @Override
  public scala.collection.immutable.Map<String, String> staticPartitions() {
    return Scala.map(settings.staticPartitions());
  }

  @Override
  public Seq<SortOrder> requiredOrdering() {
    return V1WritesUtils.getSortOrder(
        outputColumns(),
        partitionColumns,
        settings.bucketSpec(),
        settings.options(),
        settings.staticPartitions().size());
  }

  @Override
  public LogicalPlan withNewChildInternal(LogicalPlan newQuery) {
    return new FileWrite(newQuery, partitionColumns, outputColumnNames, settings);
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> query;
      case 1 -> partitionColumns;
      case 2 -> outputColumnNames;
      default -> settings;
    };
  }
}
