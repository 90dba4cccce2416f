# The password is written once and read back from where it is kept, so that a broken apply can be repeated: server and address always agree.

ephemeral "aws_secretsmanager_random_password" "new" {
  password_length     = 40
  exclude_punctuation = true # it becomes part of a URL
}

resource "aws_secretsmanager_secret" "password" {
  name                    = "${var.name}/database-password"
  description             = "Password of ${var.username} at ${var.name}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.new.random_password
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id  = aws_secretsmanager_secret_version.password.secret_id
  version_id = aws_secretsmanager_secret_version.password.version_id
}

resource "aws_secretsmanager_secret" "url" {
  name                    = "${var.name}/database-url"
  description             = "Address of the database with name and password"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.deletion_protection ? 30 : 0
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id                = aws_secretsmanager_secret.url.id
  secret_string_wo         = "postgres://${var.username}:${ephemeral.aws_secretsmanager_secret_version.password.secret_string}@${aws_db_instance.this.address}:${local.port}/${var.database}?sslmode=${local.sslmode}"
  secret_string_wo_version = var.password_version
}
