log {
  level  = "inf"
  format = json
}
log {
  level = upper("info")
}
listen "office" {
  address = 445
  relay   = null
}
listen "lan" {
  address = "${"tcp"}!*!${host}"
  relay   = ["nas"]
}
backend "nas" {
  address        = [445, null, "tcp!nas!445"]
  place          = "yes"
  rdma_threshold = 4096.5
}
backend "big" {
  address        = ["tcp!nas!446"]
  place          = 1
  rdma_threshold = 16777216
}
backend "negative" {
  address        = ["tcp!nas!446"]
  rdma_threshold = -1
}
backend "text" {
  address        = ["tcp!nas!446"]
  rdma_threshold = "4k"
}
backend "division" {
  address        = ["tcp!nas!446"]
  rdma_threshold = 1 / 0
}
backend "zero" {
  address        = ["tcp!nas!446"]
  rdma_threshold = 0
}
