package io.sparkdao;

import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.execution.CommandExecutionMode;
import org.apache.spark.sql.execution.datasources.DataSource;
import org.apache.spark.sql.execution.streaming.Sink;
import org.apache.spark.sql.execution.streaming.Source;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.sources.CreatableRelationProvider;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.sources.RelationProvider;
import org.apache.spark.sql.sources.SchemaRelationProvider;
import org.apache.spark.sql.sources.StreamSinkProvider;
import org.apache.spark.sql.sources.StreamSourceProvider;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;

/**
 * {@code spark.read.format("dao").load("silver.users_clean")}, its writes and its streams.
 *
 * <p>Python is asked what the name stands for; the answer is handed to Spark's own data source, whose relation, and so
 * whose plan, is that of the direct read. Option {@code catalog} chooses among several catalogs.
 */
public final class DaoDataSource
    implements DataSourceRegister,
        TableProvider,
        RelationProvider,
        SchemaRelationProvider,
        CreatableRelationProvider,
        StreamSourceProvider,
        StreamSinkProvider {

  static final String SHORT_NAME = "dao";

  @Override
  public String shortName() {
    return SHORT_NAME;
  }

  /** Nothing is inferred here: a table that Spark reads by itself never comes this far. */
  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return new StructType();
  }

  @Override
  public boolean supportsExternalMetadata() {
    return true;
  }

  /**
   * Returns a table that can do nothing, whereupon Spark takes the relation of {@link #createRelation}, or one that is
   * scanned on demand, where the data must first be produced.
   */
  @Override
  public Table getTable(StructType schema, Transform[] partitioning, Map<String, String> options) {
    ObjectName object = ObjectName.of(options);
    SparkSession session = SparkSession.active();
    if (DaoExtensions.areInForce(session)) {
      // So this is a write or a stream, which asks its own question.
      return new Unscannable(object.name());
    }
    Description description = Planner.of(session, object).describe(object.name(), options);
    return description.exists() && description.staged()
        ? StagedTable.ofDataSource(session, object, description, options, schema)
        : new Unscannable(object.name());
  }

  @Override
  public BaseRelation createRelation(SQLContext context, scala.collection.immutable.Map<String, String> parameters) {
    return createRelation(context, parameters, null);
  }

  @Override
  public BaseRelation createRelation(
      SQLContext context, scala.collection.immutable.Map<String, String> parameters, StructType schema) {
    SparkSession session = (SparkSession) context.sparkSession();
    Map<String, String> options = Options.of(parameters);
    String handedOn = options.get(ReadPlan.OPTION);
    boolean known = handedOn != null && schema == null && Planner.withoutName(options).isEmpty();
    ReadPlan plan = known ? ReadPlan.of(Json.parse(handedOn)) : readPlan(session, options, schema);
    ObjectName object = ObjectName.of(options);
    if (plan.staged()) {
      throw DaoErrors.analysis(
          object.name() + ": its rows are produced on demand, so no view can be made by `USING dao`; say"
              + " `CREATE TEMPORARY VIEW … AS SELECT * FROM " + object.catalog() + "." + object.name() + "`");
    }
    return NativeSource.relation(session, object, plan);
  }

  /** Writes where {@link DaoExtensions} is not in force; else the same command is planned there. */
  @Override
  public BaseRelation createRelation(
      SQLContext context,
      SaveMode mode,
      scala.collection.immutable.Map<String, String> parameters,
      Dataset<Row> data) {
    SparkSession session = (SparkSession) context.sparkSession();
    WriteRequest request = WriteRequest.save(session, Options.of(parameters), mode, data.queryExecution().analyzed());
    session.sessionState().executePlan(request.command(), CommandExecutionMode.ALL()).assertCommandExecuted();
    return new Written(context, data.schema());
  }

  /** Which types can be stored is the delegate's to say. */
  @Override
  public boolean supportsDataType(DataType dataType) {
    return true;
  }

  @Override
  public Tuple2<String, StructType> sourceSchema(
      SQLContext context,
      Option<StructType> schema,
      String providerName,
      scala.collection.immutable.Map<String, String> parameters) {
    return new Tuple2<>(SHORT_NAME, delegate(context, schema, parameters).sourceInfo().schema());
  }

  @Override
  public Source createSource(
      SQLContext context,
      String metadataPath,
      Option<StructType> schema,
      String providerName,
      scala.collection.immutable.Map<String, String> parameters) {
    return delegate(context, schema, parameters).createSource(metadataPath);
  }

  @Override
  public Sink createSink(
      SQLContext context,
      scala.collection.immutable.Map<String, String> parameters,
      Seq<String> partitionColumns,
      OutputMode outputMode) {
    return new DaoSink(Options.of(parameters), Scala.list(partitionColumns), outputMode);
  }

  /** Tells whether {@code format(…)} means this source. */
  static boolean isNamedBy(String format) {
    return format.equalsIgnoreCase(SHORT_NAME) || format.equals(DaoDataSource.class.getName());
  }

  private static DataSource delegate(
      SQLContext context, Option<StructType> schema, scala.collection.immutable.Map<String, String> parameters) {
    SparkSession session = (SparkSession) context.sparkSession();
    return StreamSources.delegate(session, readPlan(session, Options.of(parameters), said(schema)));
  }

  private static ReadPlan readPlan(SparkSession session, Map<String, String> options, StructType schema) {
    ObjectName object = ObjectName.of(options);
    return Planner.of(session, object).read(object.name(), options, schema);
  }

  /** A table of a catalog that nobody gave columns comes with an empty schema. */
  private static StructType said(Option<StructType> schema) {
    return schema.isDefined() && !schema.get().isEmpty() ? schema.get() : null;
  }

  private record Unscannable(String name) implements Table {
    @Override
    public Set<TableCapability> capabilities() {
      return Set.of();
    }
  }

  private static final class Written extends BaseRelation {
    private final SQLContext context;
    private final StructType schema;

    Written(SQLContext context, StructType schema) {
      this.context = context;
      this.schema = schema;
    }

    @Override
    public SQLContext sqlContext() {
      return context;
    }

    @Override
    public StructType schema() {
      return schema;
    }
  }
}
