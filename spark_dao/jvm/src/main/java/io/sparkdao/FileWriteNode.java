package io.sparkdao;

import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Statistics;
import org.apache.spark.sql.catalyst.trees.TreePattern;
import org.apache.spark.sql.execution.datasources.BasicWriteJobStatsTracker;
import org.apache.spark.sql.execution.datasources.V1WriteCommand;
import org.apache.spark.sql.execution.metric.SQLMetric;
import scala.Enumeration;
import scala.Function1;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Seq;

/**
 * What scalac would generate for a command node: in Java a trait's methods do not override those of the superclass, and
 * a trait's fields have to be declared.
 */
abstract class FileWriteNode extends LogicalPlan implements V1WriteCommand {
  private Map<String, SQLMetric> metrics;

  @Override
  public final LogicalPlan child() {
    return query();
  }

  @Override
  public final Seq<LogicalPlan> children() {
    return Scala.seq(List.of(query()));
  }

  @Override
  public final LogicalPlan mapChildren(Function1<LogicalPlan, LogicalPlan> function) {
    return V1WriteCommand.super.mapChildren(function);
  }

  @Override
  public final LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> children) {
    return withNewChildInternal(children.head());
  }

  @Override
  public final Seq<Attribute> output() {
    return V1WriteCommand.super.output();
  }

  @Override
  public final AttributeSet producedAttributes() {
    return V1WriteCommand.super.producedAttributes();
  }

  @Override
  public final Statistics stats() {
    return V1WriteCommand.super.stats();
  }

  @Override
  public final Seq<Enumeration.Value> nodePatterns() {
    return Scala.seq(List.of(TreePattern.COMMAND()));
  }

  @Override
  public final void org$apache$spark$sql$catalyst$plans$logical$Command$_setter_$nodePatterns_$eq(
      Seq<Enumeration.Value> patterns) {}

  @Override
  public final synchronized Map<String, SQLMetric> metrics() {
    if (metrics == null) {
      metrics = BasicWriteJobStatsTracker.metrics();
    }
    return metrics;
  }

  @Override
  public final boolean canEqual(Object other) {
    return other instanceof FileWriteNode;
  }
}
