package com.example.stock;

/** What can have happened to it. The result is kept, so that folding only assigns. */
public sealed interface StockEvent {

  record ItemsReceived(String sku, int count, long inStock) implements StockEvent {}

  record ItemsShipped(String sku, int count, long inStock) implements StockEvent {}
}
