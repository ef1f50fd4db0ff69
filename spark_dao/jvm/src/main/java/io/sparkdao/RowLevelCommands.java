package io.sparkdao;

import org.apache.spark.sql.catalyst.plans.logical.DeleteFromTable;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.MergeIntoTable;
import org.apache.spark.sql.catalyst.plans.logical.SubqueryAlias;
import org.apache.spark.sql.catalyst.plans.logical.UpdateTable;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;

/** Refuses MERGE, UPDATE and DELETE on what is no Delta table, saying so; Spark speaks of batch scans. */
final class RowLevelCommands extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    if (plan instanceof MergeIntoTable merge) {
      refuse("MERGE", merge.targetTable());
    } else if (plan instanceof UpdateTable update) {
      refuse("UPDATE", update.table());
    } else if (plan instanceof DeleteFromTable deletion) {
      refuse("DELETE", deletion.table());
    }
    return plan;
  }

  private static void refuse(String command, LogicalPlan target) {
    LogicalPlan table = target;
    while (table instanceof SubqueryAlias alias) {
      table = alias.child();
    }
    if (table instanceof DataSourceV2Relation relation && relation.table() instanceof DaoWriteTable found) {
      throw DaoErrors.analysis(
          found.object().name() + ": " + command + " needs a Delta table; declare the object with `format: delta`");
    }
  }
}
