package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnresolvedDataSource;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.LogicalRelation$;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Resolves {@code spark.read.format("dao")} with one question to Python. Spark's own rule asks a source twice, for a
 * table and then for a relation, through instances that know nothing of each other.
 */
final class ReadRule extends NodeRule {
  private static final String PATH = "path";

  private final SparkSession session;

  ReadRule(SparkSession session) {
    this.session = session;
  }

  /** A read that names several paths, or none, or one twice, is left to be refused as everywhere. */
  @Override
  boolean concerns(LogicalPlan node) {
    return node instanceof UnresolvedDataSource read
        && DaoDataSource.isNamedBy(read.format())
        && !read.isStreaming()
        && read.paths().size() + (read.options().contains(PATH) ? 1 : 0) == 1;
  }

  @Override
  LogicalPlan replace(LogicalPlan node) {
    UnresolvedDataSource read = (UnresolvedDataSource) node;
    Map<String, String> options = new LinkedHashMap<>(Options.of(read.options()));
    List<String> paths = Scala.list(read.paths());
    paths.forEach(path -> options.put(PATH, path));
    StructType schema = read.userSpecifiedSchema().isDefined() ? read.userSpecifiedSchema().get() : null;
    ObjectName object = ObjectName.of(options);
    Description description = Planner.of(session, object).describe(object.name(), options, schema);
    if (!description.exists()) {
      throw DaoErrors.analysis(description.message());
    }
    if (!description.staged()) {
      return LogicalRelation$.MODULE$.apply(NativeSource.relation(session, object, description.read()), false);
    }
    return DataSourceV2Relation.create(
        StagedTable.ofDataSource(session, object, description, options, schema),
        Scala.none(),
        Scala.none(),
        new CaseInsensitiveStringMap(options),
        Scala.none());
  }
}
