package dev.pleat.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The keys of a view's index store, in which rows are found by something else than their key, or in
 * another order. A key is the index's name, a zero byte, what the row is found by, and the row's
 * key; the entry's value is a mark of the row it was made from. Pure.
 */
public final class IndexKey {

  /** Longer texts are cut to this, alike where rows are indexed and where they are looked up. */
  public static final int MAX_TEXT_CHARS = 200;

  private static final int ORDER_BYTES = Long.BYTES;

  private IndexKey() {}

  /** Where the entries of a look-up begin that found rows by this text. */
  public static byte[] text(String index, String text) {
    String cut = text.length() > MAX_TEXT_CHARS ? text.substring(0, MAX_TEXT_CHARS) : text;
    return joined(beginning(index), cut.replace("\0", "").getBytes(UTF_8), new byte[1]);
  }

  /** Where the entries of an order begin. */
  public static byte[] beginning(String index) {
    return joined(index.getBytes(UTF_8), new byte[1]);
  }

  /** Where the entries of an order begin that have this place in it; a smaller one comes first. */
  public static byte[] place(String index, long place) {
    return joined(
        beginning(index),
        // With the sign turned around bytes compare as numbers do.
        ByteBuffer.allocate(ORDER_BYTES).putLong(place ^ Long.MIN_VALUE).array());
  }

  /** The entry of a row under one of the beginnings above. */
  public static byte[] entry(byte[] beginning, String rowKey) {
    return joined(beginning, rowKey.getBytes(UTF_8));
  }

  /** The row's key in an entry of a look-up by a text that begins like this. */
  public static String rowKeyAfter(byte[] beginning, byte[] entry) {
    return new String(entry, beginning.length, entry.length - beginning.length, UTF_8);
  }

  /** The row's key in an entry of an order. */
  public static String rowKeyInOrder(String index, byte[] entry) {
    int begin = index.getBytes(UTF_8).length + 1 + ORDER_BYTES;
    return new String(entry, begin, entry.length - begin, UTF_8);
  }

  /** Where a row's own entries are listed: before all indexes. */
  public static byte[] entriesOf(String rowKey) {
    return joined(new byte[1], rowKey.getBytes(UTF_8));
  }

  /** The first key after all that begin like this. */
  public static byte[] after(byte[] beginning) {
    byte[] next = beginning.clone();
    for (int i = next.length - 1; i >= 0; i--) {
      if (next[i] != (byte) 0xFF) {
        next[i]++;
        return Arrays.copyOf(next, i + 1);
      }
    }
    throw new IllegalArgumentException("nothing comes after this");
  }

  /** Tells whether an entry was made from a row as it is now. */
  public static byte[] markOf(byte[] row) {
    CRC32C sum = new CRC32C();
    sum.update(row);
    return ByteBuffer.allocate(Long.BYTES).putInt((int) sum.getValue()).putInt(row.length).array();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
