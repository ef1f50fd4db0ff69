package io.sparkdao;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.catalyst.analysis.ResolvedIdentifier;
import org.apache.spark.sql.catalyst.plans.logical.CreateTableAsSelect;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ReplaceTable;
import org.apache.spark.sql.catalyst.plans.logical.ReplaceTableAsSelect;
import org.apache.spark.sql.catalyst.plans.logical.TableSpec;
import org.apache.spark.sql.catalyst.plans.logical.TableSpecBase;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.Transform;

/** CREATE TABLE AS SELECT, OR REPLACE and {@code saveAsTable}: writes with a mode, staged like all others. */
final class TableCreation {
  private TableCreation() {}

  static LogicalPlan command(SparkSession session, CreateTableAsSelect create) {
    SaveMode mode = create.ignoreIfExists() ? SaveMode.Ignore : SaveMode.ErrorIfExists;
    return command(
        session, create.name(), mode, create.partitioning(), create.tableSpec(), create.writeOptions(), create.query());
  }

  static LogicalPlan command(SparkSession session, ReplaceTableAsSelect replacement) {
    requireExisting(replacement.name(), replacement.orCreate());
    return command(
        session,
        replacement.name(),
        SaveMode.Overwrite,
        replacement.partitioning(),
        replacement.tableSpec(),
        replacement.writeOptions(),
        replacement.query());
  }

  /** Writes no rows, so that nobody ever finds the object gone, as dropping and creating it would have it. */
  static LogicalPlan command(SparkSession session, ReplaceTable replacement) {
    requireExisting(replacement.name(), replacement.orCreate());
    List<String> partitionBy = columns(Scala.list(replacement.partitioning()), object(replacement.name()));
    return command(
        session,
        replacement.name(),
        SaveMode.Overwrite,
        replacement.partitioning(),
        replacement.tableSpec(),
        Scala.map(Map.of()),
        Truncation.nothing(Description.partitionsLast(replacement.tableSchema(), partitionBy)));
  }

  private static void requireExisting(LogicalPlan name, boolean orCreate) {
    Identifier identifier = ((ResolvedIdentifier) name).identifier();
    if (!orCreate && !WriteRule.catalog(name).tableExists(identifier)) {
      throw DaoErrors.unchecked(new NoSuchTableException(identifier));
    }
  }

  private static ObjectName object(LogicalPlan name) {
    return WriteRule.catalog(name).object(((ResolvedIdentifier) name).identifier());
  }

  private static LogicalPlan command(
      SparkSession session,
      LogicalPlan name,
      SaveMode mode,
      scala.collection.immutable.Seq<Transform> partitioning,
      TableSpecBase tableSpec,
      scala.collection.immutable.Map<String, String> writeOptions,
      LogicalPlan query) {
    DaoCatalog catalog = WriteRule.catalog(name);
    ObjectName object = object(name);
    Map<String, String> options = new LinkedHashMap<>();
    if (tableSpec instanceof TableSpec spec) {
      options.putAll(Scala.javaMap(spec.options()));
    }
    options.putAll(Scala.javaMap(writeOptions));
    options.put(WriteRequest.PARTITION_OVERWRITE_MODE, "static");
    String provider = tableSpec.provider().isDefined() ? tableSpec.provider().get() : null;
    checkFormat(session, catalog, object, provider);
    List<String> partitionBy = columns(Scala.list(partitioning), object);
    return new WriteRequest(
            session, object, mode, options, partitionBy.isEmpty() ? null : partitionBy, Map.of(), true, query)
        .command();
  }

  /**
   * Refuses a format that is not the object's, since the next lookup would read its files as what the catalog says.
   * {@code saveAsTable} always says one, the session's default where nobody chose, so that one counts as unsaid.
   */
  static void checkFormat(SparkSession session, DaoCatalog catalog, ObjectName object, String provider) {
    boolean unsaid =
        provider == null
            || provider.equalsIgnoreCase(DaoDataSource.SHORT_NAME)
            || provider.equalsIgnoreCase(session.sessionState().conf().defaultDataSourceName());
    if (unsaid) {
      return;
    }
    String format = catalog.describe(object).format();
    if (!provider.equalsIgnoreCase(format)) {
      throw DaoErrors.analysis(
          object.name() + ", key `format`: expected `" + format + "`, as the catalog has it, found `" + provider
              + "`; leave `USING` out, or declare the object with `format: " + provider + "`");
    }
  }

  /** Returns the columns of a partitioning, which can only be by columns' values. */
  static List<String> columns(List<Transform> partitioning, ObjectName object) {
    List<String> result = new ArrayList<>();
    for (Transform transform : partitioning) {
      NamedReference[] references = transform.references();
      if (!transform.name().equals("identity") || references.length != 1 || references[0].fieldNames().length != 1) {
        throw DaoErrors.analysis(
            object.name() + ", key `partition_by`: expected columns, found `" + transform
                + "`; files are partitioned by columns");
      }
      result.add(references[0].fieldNames()[0]);
    }
    return result;
  }
}
