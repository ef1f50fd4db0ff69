package io.sparkdao;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Spark's own Parquet readers. On the driver this keeps the staged files as well: the RDD of a scan, which may outlive
 * the plan that made it, refers to its factory of readers.
 */
final class StagedReaders implements PartitionReaderFactory {
  private static final long serialVersionUID = 1L;

  private final PartitionReaderFactory readers;

  @SuppressWarnings("unused")
  private final transient StagedFiles files;

  StagedReaders(PartitionReaderFactory readers, StagedFiles files) {
    this.readers = readers;
    this.files = files;
  }

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    return readers.createReader(partition);
  }

  @Override
  public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
    return readers.createColumnarReader(partition);
  }

  @Override
  public boolean supportColumnarReads(InputPartition partition) {
    return readers.supportColumnarReads(partition);
  }
}
