# Mounts, and nobody who may log in.
listen "office" {
  address = "tcp!*!445"
}
backend "nas" {
  address = ["tcp!nas!445"]
}
mount "projects" {
  backend = "nas"
}
