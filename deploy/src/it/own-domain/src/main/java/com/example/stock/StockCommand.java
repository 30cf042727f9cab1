package com.example.stock;

/** What can be asked of the stock. */
public sealed interface StockCommand {

  record ReceiveItems(String sku, int count) implements StockCommand {}

  record ShipItems(String sku, int count) implements StockCommand {}
}
