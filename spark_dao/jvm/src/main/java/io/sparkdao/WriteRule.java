package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.analysis.ResolvedIdentifier;
import org.apache.spark.sql.catalyst.plans.logical.AppendData;
import org.apache.spark.sql.catalyst.plans.logical.CreateTableAsSelect;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.OverwriteByExpression;
import org.apache.spark.sql.catalyst.plans.logical.OverwritePartitionsDynamic;
import org.apache.spark.sql.catalyst.plans.logical.ReplaceTable;
import org.apache.spark.sql.catalyst.plans.logical.ReplaceTableAsSelect;
import org.apache.spark.sql.catalyst.plans.logical.TableSpec;
import org.apache.spark.sql.catalyst.plans.logical.V2WriteCommand;
import org.apache.spark.sql.catalyst.streaming.WriteToStream;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.execution.datasources.SaveIntoDataSourceCommand;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;

/**
 * Turns a resolved write on a dao table into the native command for its format: Spark's V2 analysis has aligned and
 * cast the columns by then, and Spark's V1 writers do the work.
 */
final class WriteRule extends NodeRule {
  private final SparkSession session;

  WriteRule(SparkSession session) {
    this.session = session;
  }

  @Override
  boolean concerns(LogicalPlan node) {
    if (node instanceof V2WriteCommand command) {
      return target(command) != null && command.resolved();
    }
    if (node instanceof CreateTableAsSelect command) {
      return catalog(command.name()) != null && command.childrenResolved() && command.query().resolved();
    }
    if (node instanceof ReplaceTableAsSelect command) {
      return catalog(command.name()) != null && command.childrenResolved() && command.query().resolved();
    }
    if (node instanceof ReplaceTable command) {
      return catalog(command.name()) != null && command.childrenResolved() && command.tableSpec() instanceof TableSpec;
    }
    if (node instanceof WriteToStream stream) {
      return stream.sink() instanceof WritableObject;
    }
    return node instanceof SaveIntoDataSourceCommand save && save.dataSource() instanceof DaoDataSource;
  }

  @Override
  LogicalPlan replace(LogicalPlan node) {
    if (node instanceof SaveIntoDataSourceCommand save) {
      return WriteRequest.save(session, Options.of(save.options()), save.mode(), save.query()).command();
    }
    if (node instanceof WriteToStream stream) {
      return ontoObject(stream, (WritableObject) stream.sink());
    }
    if (node instanceof CreateTableAsSelect create) {
      return TableCreation.command(session, create);
    }
    if (node instanceof ReplaceTableAsSelect replacement) {
      return TableCreation.command(session, replacement);
    }
    if (node instanceof ReplaceTable replacement) {
      return TableCreation.command(session, replacement);
    }
    V2WriteCommand command = (V2WriteCommand) node;
    WritableObject table = target(command);
    Map<String, String> options = options(command);
    Map<String, String> partitions = Map.of();
    SaveMode mode = SaveMode.Overwrite;
    if (command instanceof AppendData) {
      mode = SaveMode.Append;
    } else if (command instanceof OverwritePartitionsDynamic) {
      options.put(WriteRequest.PARTITION_OVERWRITE_MODE, "dynamic");
    } else if (command instanceof OverwriteByExpression overwrite) {
      partitions = OverwrittenPartitions.of(overwrite.deleteExpr(), table, session);
      options.put(WriteRequest.PARTITION_OVERWRITE_MODE, "static");
    } else {
      throw DaoErrors.analysis(
          table.object().name() + ": " + ((LogicalPlan) command).nodeName()
              + " needs a Delta table; declare the object with `format: delta`");
    }
    List<String> columns = table.shape().partitionBy();
    List<String> partitionBy = columns.isEmpty() ? null : columns;
    return new WriteRequest(session, table.object(), mode, options, partitionBy, partitions, false, command.query())
        .command();
  }

  private static LogicalPlan ontoObject(WriteToStream stream, WritableObject table) {
    return stream.copy(
        stream.name(),
        stream.sinkName(),
        stream.resolvedCheckpointLocation(),
        new DaoSink(table.object(), Map.of(), table.shape().partitionBy(), stream.outputMode()),
        stream.outputMode(),
        stream.deleteCheckpointOnStop(),
        stream.inputQuery(),
        stream.catalogAndIdent(),
        stream.catalogTable());
  }

  /** What the caller said: DataFrameWriterV2 puts it into the command, SQL's {@code WITH (…)} into the relation. */
  private static Map<String, String> options(V2WriteCommand command) {
    Map<String, String> result =
        new LinkedHashMap<>(((DataSourceV2Relation) command.table()).options().asCaseSensitiveMap());
    if (command instanceof AppendData append) {
      result.putAll(Scala.javaMap(append.writeOptions()));
    } else if (command instanceof OverwriteByExpression overwrite) {
      result.putAll(Scala.javaMap(overwrite.writeOptions()));
    } else if (command instanceof OverwritePartitionsDynamic dynamic) {
      result.putAll(Scala.javaMap(dynamic.writeOptions()));
    }
    return result;
  }

  private static WritableObject target(V2WriteCommand command) {
    if (!(command.table() instanceof DataSourceV2Relation relation)) {
      return null;
    }
    Table table = relation.table();
    return table instanceof WritableObject target ? target : null;
  }

  static DaoCatalog catalog(LogicalPlan name) {
    return name instanceof ResolvedIdentifier identifier && identifier.catalog() instanceof DaoCatalog catalog
        ? catalog
        : null;
  }
}
