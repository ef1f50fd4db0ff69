package io.sparkdao;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.analysis.ResolvedTable;
import org.apache.spark.sql.catalyst.plans.logical.DescribeRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ShowCreateTable;
import org.apache.spark.sql.catalyst.plans.logical.UnaryCommand;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.expressions.Transform;

/**
 * Lets DESCRIBE and SHOW CREATE TABLE show of a Delta table what they show of every object (store, interface, keys):
 * Delta's own table class, which Delta's rules match on, has no place for it, and Delta refuses SHOW CREATE TABLE.
 */
final class DescribedTables extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (!(plan instanceof DescribeRelation || plan instanceof ShowCreateTable)
        || !(((UnaryCommand) plan).child() instanceof ResolvedTable resolved)
        || !(resolved.catalog() instanceof DaoCatalog catalog)
        || isOurs(resolved.table())) {
      return plan;
    }
    Identifier identifier = resolved.identifier();
    Map<String, String> properties = new LinkedHashMap<>(resolved.table().properties());
    properties.putAll(catalog.describe(catalog.object(identifier)).tableProperties());
    Table described = new Described(resolved.table(), properties);
    LogicalPlan shown = new ResolvedTable(catalog, identifier, described, resolved.outputAttributes());
    return plan.withNewChildren(Scala.seq(List.of(shown)));
  }

  private static boolean isOurs(Table table) {
    return table instanceof DaoTable || table instanceof StagedTable || table instanceof Described;
  }

  private record Described(Table table, Map<String, String> properties) implements Table {
    @Override
    public String name() {
      return table.name();
    }

    @Override
    public Column[] columns() {
      return table.columns();
    }

    @Override
    public Transform[] partitioning() {
      return table.partitioning();
    }

    @Override
    public Set<TableCapability> capabilities() {
      return table.capabilities();
    }
  }
}
