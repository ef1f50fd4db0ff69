package io.sparkdao;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.VariantExtraction;
import org.apache.spark.sql.execution.datasources.InMemoryFileIndex;
import org.apache.spark.sql.execution.datasources.NoopCache$;
import org.apache.spark.sql.execution.datasources.v2.parquet.ParquetScan;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * A scan whose files are produced when the query executes, and then read by Spark's own Parquet scan. Planning and
 * {@code explain} produce nothing. The files stay as long as Spark may compute a partition again, see {@link
 * StagedFiles}.
 */
final class StagedScan implements Scan, Batch {
  private final Planner planner;
  private final String name;
  private final ReadPlan plan;
  private final StructType required;
  private final ArrayNode conditions;
  private final List<Filter> pushed;
  private final int limit;
  private final StagedFiles files;
  private PartitionReaderFactory readers;
  private InputPartition[] partitions;

  /**
   * @param limit how many rows are needed, 0 for all
   */
  StagedScan(
      Planner planner,
      String name,
      ReadPlan plan,
      StructType required,
      ArrayNode conditions,
      List<Filter> pushed,
      int limit) {
    this.planner = planner;
    this.name = name;
    this.plan = plan;
    this.required = required;
    this.conditions = conditions;
    this.pushed = pushed;
    this.limit = limit;
    this.files = new StagedFiles(Resolver.of(planner.session(), planner.catalog()), name, plan.token());
  }

  @Override
  public StructType readSchema() {
    return required;
  }

  @Override
  public String description() {
    String limited = limit > 0 ? ", PushedLimit: " + limit : "";
    return "StagedScan " + name + " " + required.catalogString() + ", PushedFilters: " + pushed + limited;
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  /** Says so without producing the files, which the default would do. */
  @Override
  public ColumnarSupportMode columnarSupportMode() {
    return createReaderFactory().supportColumnarReads(null)
        ? ColumnarSupportMode.SUPPORTED
        : ColumnarSupportMode.UNSUPPORTED;
  }

  @Override
  public synchronized InputPartition[] planInputPartitions() {
    if (partitions == null) {
      List<Path> produced = produce();
      partitions = produced.isEmpty() ? new InputPartition[0] : parquet(produced).planInputPartitions();
    }
    return partitions;
  }

  @Override
  public synchronized PartitionReaderFactory createReaderFactory() {
    if (readers == null) {
      readers = new StagedReaders(parquet(List.of()).createReaderFactory(), files);
    }
    return readers;
  }

  private List<Path> produce() {
    ObjectNode request = Json.object().put("name", name);
    request.set("token", plan.token());
    // None at all for a count, which needs rows and no column: the interface chooses the cheapest.
    request.set("columns", Json.array(List.of(required.fieldNames())));
    request.set("filters", conditions.isEmpty() ? null : conditions);
    if (limit > 0) {
      request.put("limit", limit);
    }
    return files.produce(request);
  }

  private ParquetScan parquet(List<Path> paths) {
    SparkSession session = planner.session();
    InMemoryFileIndex index =
        new InMemoryFileIndex(
            session,
            Scala.seq(paths),
            Scala.map(Map.of()),
            Scala.option(required),
            NoopCache$.MODULE$,
            Scala.none(),
            Scala.none());
    return new ParquetScan(
        session,
        session.sessionState().newHadoopConf(),
        index,
        required,
        required,
        new StructType(),
        pushed.toArray(new Filter[0]),
        CaseInsensitiveStringMap.empty(),
        Scala.none(),
        Scala.seq(List.of()),
        Scala.seq(List.of()),
        new VariantExtraction[0]);
  }
}
