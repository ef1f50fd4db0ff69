package io.sparkdao;

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Function1;
import scala.runtime.AbstractPartialFunction;

/** Replaces the nodes of a plan that concern dao, from the leaves up, and leaves all others alone. */
abstract class NodeRule extends Rule<LogicalPlan> {

  /** Tells whether a node is replaced. */
  abstract boolean concerns(LogicalPlan node);

  /** Returns what stands in the place of a node that {@link #concerns} dao. */
  abstract LogicalPlan replace(LogicalPlan node);

  @Override
  public final LogicalPlan apply(LogicalPlan plan) {
    return plan.resolveOperatorsUp(
        new AbstractPartialFunction<LogicalPlan, LogicalPlan>() {
          @Override
          public boolean isDefinedAt(LogicalPlan node) {
            return concerns(node);
          }

          @Override
          public LogicalPlan apply(LogicalPlan node) {
            return replace(node);
          }

          @Override
          public <A extends LogicalPlan, B> B applyOrElse(A node, Function1<A, B> otherwise) {
            @SuppressWarnings("unchecked")
            B replaced = concerns(node) ? (B) replace(node) : otherwise.apply(node);
            return replaced;
          }
        });
  }
}
